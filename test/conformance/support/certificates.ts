import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const KEYS = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate and its key, signed by itself: also its own authority. */
export function selfSigned(name: string): Certificate {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'certificate-'));
  try {
    const [key, file] = ['key', 'crt'].map(end => path.join(folder, end));
    execFileSync('openssl', ['req', '-x509', ...KEYS, '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', file], { stdio: 'ignore' });
    return { certificate: fs.readFileSync(file, 'utf8'), key: fs.readFileSync(key, 'utf8') };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** The Secret by which a gateway's server says who it is, and of which authority its clients have to be. */
export function secretOf({ certificate, key }: Certificate, metadata: { name: string; namespace?: string }, authority?: Certificate) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: authority ? undefined : 'kubernetes.io/tls',
    metadata,
    stringData: { 'tls.crt': certificate, 'tls.key': key, ...(authority && { 'ca.crt': authority.certificate }) },
  };
}
