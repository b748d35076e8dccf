export interface Series {
  readonly name: string;
  readonly labels: { readonly [label: string]: string };
}

interface Selector {
  readonly metric: string;
  readonly matchers: { readonly label: string; readonly operator: string; readonly value: string }[];
}

/** What a page of Prometheus' text format has. */
export function seriesOf(page: string): Series[] {
  return [...page.matchAll(/^(\w+)\{(.*)\} \S+$/gm)].map(([, name, labels]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, value]) => [label, value])),
  }));
}

/** All that an expression asks of the proxies' own metrics. */
export function selectorsOf(expression: string): Selector[] {
  return [...expression.matchAll(/(istio_\w+)\{([^}]*)\}/g)].map(([, metric, text]) => ({
    metric,
    matchers: [...text.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(([, label, operator, value]) => ({ label, operator, value })),
  }));
}

/** As Prometheus matches: a label that is not there is empty, and a pattern is for the whole value. */
export function matches({ name, labels }: Series, { metric, matchers }: Selector): boolean {
  return name === metric && matchers.every(({ label, operator, value }) => {
    const given = labels[label] ?? '';
    const same = operator.includes('~') ? new RegExp(`^(?:${value})$`).test(given) : given === value;
    return operator.startsWith('!') ? !same : same;
  });
}
