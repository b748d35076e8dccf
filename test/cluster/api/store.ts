import { Api, Manifest } from './client';

type Informer = Awaited<ReturnType<Api['informer']>>;

/** The objects of one kind as the API server has them now, kept current by a watch. */
export class Store {
  public static async open(api: Api, apiVersion: string, kind: string): Promise<Store> {
    const informer = await api.informer(await api.collection(apiVersion, kind));
    await new Promise<void>((resolve, reject) => {
      informer.on('error', reject);
      informer.start().then(resolve, reject);
    });
    return new Store(informer);
  }

  private stopped = false;

  private constructor(private readonly informer: Informer) {
    // The informer renews a watch that ends and lists again when its version has expired, but stops at an error.
    informer.on('error', () => setTimeout(() => { if (!this.stopped) void informer.start(); }, 100));
  }

  public list(): Manifest[] { return [...this.informer.list()]; }

  public get(namespace: string, name: string): Manifest | undefined { return this.informer.get(name, namespace); }

  /** Called for every object there is, and then for every change. */
  public onChange(listener: (object: Manifest, gone: boolean) => void): void {
    this.informer.on('add', (object) => listener(object, false));
    this.informer.on('update', (object) => listener(object, false));
    this.informer.on('delete', (object) => listener(object, true));
    for (const object of this.list()) listener(object, false);
  }

  public close(): void {
    this.stopped = true;
    void this.informer.stop();
  }
}

/** `matchLabels` alone, as Services have it. */
export function selects(selector: Record<string, string> | undefined, labels: Record<string, string> | undefined): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels?.[key] === value);
}

/** Runs a piece of work soon after the last of several calls, never twice at the same time. */
export function coalesce(delayMs: number, work: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;
  const fire = async () => {
    timer = undefined;
    if (running) { again = true; return; }
    running = true;
    try { await work(); } catch (error) { console.error(`cluster: ${(error as Error).message}`); }
    running = false;
    if (again) { again = false; schedule(); }
  };
  const schedule = () => { timer ??= setTimeout(fire, delayMs); };
  return schedule;
}
