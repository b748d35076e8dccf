import { PROXY_UID } from './proxy';
import { Manifest } from '../api/client';
import { Container } from '../machine/container';
import { later } from '../machine/process';

/** A program that sleeps wakes no sooner than the others have gone on for as long: a machine that stands still takes a slice of it at most. */
const sleepInSlices = (seconds: number) => new Promise<void>((resolve) => { later(seconds * 1000, resolve, seconds * 4); });

/** The hook before the end, as far as it can be carried out without an image: `sleep`, and what the proxy's agent does. */
export async function preStop(spec: Manifest, container: Container): Promise<void> {
  const hook = spec.lifecycle?.preStop;
  if (hook?.sleep) await sleepInSlices(hook.sleep.seconds);
  const command: string[] = hook?.exec?.command ?? [];
  if (command[0] === 'pilot-agent') await container.exec(command, { uid: PROXY_UID });
  // The usual way to wait for the endpoints to be updated; nothing else could be run without an image.
  const seconds = /(?:^|[\s/])sleep (\d+)/.exec(command.join(' '))?.[1];
  if (seconds) await sleepInSlices(Number(seconds));
}

/** The hook after the start: the proxy's, which holds up the containers after it (`holdApplicationUntilProxyStarts`). */
export async function postStart(spec: Manifest, container: Container): Promise<void> {
  const command: string[] = spec.lifecycle?.postStart?.exec?.command ?? [];
  if (command[0] === 'pilot-agent') await container.exec(command, { uid: PROXY_UID });
}
