import { LocalityShare } from './locality-share';
import { checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** Labels by which Istio knows a place: it would have two orders of regions (validateLocalityLbSetting). */
const PLACES = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'];

const PLACE = /^(\*|[^/*\s]+(\/\*|\/[^/*\s]+(\/\*|\/[^/*\s]+)?)?)$/;

/**
 * Upstream: istio/istio pkg/config/validation/agent/validation.go, ValidateLocalityLbSetting and validateLocalities.
 */
export function distributionOf(site: Site, shares: LocalityShare[]): LocalityShare[] {
  if (shares.length === 0) {
    site.fail('EmptyList', 'must not be empty', shares, 'Name at least one place, or leave the locality out.');
  }
  checkPlaces(index => site.at(index).in('from'), shares.map(({ from }) => from));
  shares.forEach(({ to }, index) => {
    const at = site.at(index).in('to');
    const places = Object.keys(to);
    if (places.length === 0) {
      at.fail('EmptyList', 'must not be empty', to, 'Name the places that get the requests.');
    }
    checkPlaces(which => at.in(places[which]), places);
    const weights = places.map(place => checkInteger(at.in(place), to[place], 1, 100, 'InvalidWeights', 'Write a whole percentage, and leave a place out that is to get nothing.'));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    if (sum !== 100) {
      at.fail('InvalidWeights', 'must make 100 percent together', to, `They make ${sum}.`);
    }
  });
  return shares;
}

export function regionsOf(site: Site, regions: { [from: string]: string }): { from: string; to: string }[] {
  const entries = Object.entries(regions);
  if (entries.length === 0) {
    site.fail('EmptyList', 'must not be empty', regions, 'Leave it out, and all other regions are alike.');
  }
  return entries.map(([from, to]) => {
    for (const region of [from, to]) {
      if (!/^[^/*\s]+$/.test(region)) {
        site.in(from).fail('InvalidLocality', 'must be a region alone', region, 'Write the region without a zone and without wildcards: eu-1.');
      }
    }
    if (from === to) {
      site.in(from).fail('InvalidLocality', 'must be another region', to, 'The own region comes first anyway.');
    }
    return { from, to };
  });
}

export function labelsOf(site: Site, labels: string[], withRegions: boolean): string[] {
  if (labels.length === 0) {
    site.fail('EmptyList', 'must not be empty', labels, 'Leave it out for the zone and the region.');
  }
  labels.forEach((label, index) => {
    if (!/^([a-z0-9.-]+\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?(=([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?)?$/.test(label)) {
      site.at(index).fail('InvalidLabels', 'must be the key of a label, or key=value', label, 'Write topology.kubernetes.io/zone, or version=v1.');
    }
    if (withRegions && PLACES.includes(label)) {
      site.at(index).fail('InvalidLocality', 'cannot be had beside regions, which say the same in another way', label, 'Leave one of the two out.');
    }
  });
  checkUnique(site, labels.map(label => label.split('=')[0]), 'InvalidLabels', 'Name each label once.');
  return [...labels];
}

function checkPlaces(at: (index: number) => Site, places: string[]): void {
  places.forEach((place, index) => {
    if (!PLACE.test(place)) {
      at(index).fail('InvalidLocality', 'must be region/zone/subzone', place, 'Write eu-1, eu-1/eu-1a or eu-1/eu-1a/rack-7; * stands for all, alone or at the end.');
    }
    const other = places.findIndex((earlier, before) => before < index && (isWithin(earlier, place) || isWithin(place, earlier)));
    if (other >= 0) {
      at(index).fail('InvalidLocality', `must not overlap with ${places[other]}`, place, 'Name places that have nothing in common: Istio would take one of the two.');
    }
  });
}

/** Whether one place is a part of the other: what ends early takes in all below it. */
function isWithin(inner: string, outer: string): boolean {
  const parts = (place: string) => place.split('/').filter(part => part !== '*');
  const [own, around] = [parts(inner), parts(outer)];
  return around.every((part, index) => own[index] === part);
}
