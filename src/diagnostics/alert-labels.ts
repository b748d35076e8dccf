import { Site } from './site';

/** @param reserved what alerts have by themselves. */
export function checkAlertLabels(site: Site, labels: { [key: string]: string } = {}, reserved: string[]): { [key: string]: string } {
  for (const name of Object.keys(labels)) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith('__')) {
      site.fail('InvalidLabels', 'must be labels of Prometheus', name, 'Use letters, digits and _, and begin with a letter: those of Kubernetes have no dots or dashes here.');
    }
    if (reserved.includes(name)) {
      site.fail('ReservedMetadata', 'must be none of the alert\'s own', name, `Choose another name than ${reserved.join(', ')}.`);
    }
  }
  return labels;
}
