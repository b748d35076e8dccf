import { Api, Manifest } from './api';
import { sleep } from './process';

/** The objects of one kind as the API server has them now, kept current by a watch. */
export class Store {
  public static async open(api: Api, apiVersion: string, kind: string): Promise<Store> {
    const store = new Store(api, await api.collection(apiVersion, kind));
    await store.relist();
    void store.follow();
    return store;
  }

  private readonly objects = new Map<string, Manifest>();
  private readonly listeners: ((object: Manifest, gone: boolean) => void)[] = [];
  private version = '0';
  private stopped = false;
  private stopWatch?: () => void;

  private constructor(private readonly api: Api, private readonly path: string) {}

  public list(): Manifest[] { return [...this.objects.values()]; }

  public get(namespace: string, name: string): Manifest | undefined {
    return this.objects.get(`${namespace}/${name}`);
  }

  /** Called for every object there is, and then for every change. */
  public onChange(listener: (object: Manifest, gone: boolean) => void): void {
    this.listeners.push(listener);
    for (const object of this.list()) listener(object, false);
  }

  public close(): void {
    this.stopped = true;
    this.stopWatch?.();
  }

  private async relist(): Promise<void> {
    const list = (await this.api.get(this.path)).body;
    this.version = list.metadata.resourceVersion;
    const present = new Set<string>();
    for (const object of list.items as Manifest[]) {
      present.add(keyOf(object));
      this.put(object);
    }
    for (const [key, object] of [...this.objects]) {
      if (!present.has(key)) this.remove(object);
    }
  }

  private async follow(): Promise<void> {
    let expired = false;
    while (!this.stopped) {
      try {
        if (expired) await this.relist();
        expired = false;
        const watch = this.api.watch(this.path, this.version, (type, object) => {
          if (type === 'ERROR') { expired = true; return; }
          this.version = object.metadata.resourceVersion;
          if (type === 'ADDED' || type === 'MODIFIED') this.put(object);
          if (type === 'DELETED') this.remove(object);
        });
        this.stopWatch = watch.stop;
        await watch.done;
      } catch {
        expired = true;
      }
      if (!this.stopped) await sleep(100);
    }
  }

  private put(object: Manifest): void {
    const known = this.objects.get(keyOf(object));
    if (known?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.objects.set(keyOf(object), object);
    for (const listener of this.listeners) listener(object, false);
  }

  private remove(object: Manifest): void {
    this.objects.delete(keyOf(object));
    for (const listener of this.listeners) listener(object, true);
  }
}

export function keyOf(object: Manifest): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
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
