import { generateKeyPairSync, KeyObject, sign } from 'node:crypto';

/** An issuer of tokens that the proxies know by its keys: RSA, as most issuers have, or elliptic curves. */
export class Issuer {
  public readonly keys: string;
  private readonly key: KeyObject;

  constructor(public readonly name: string, private readonly algorithm: 'RS256' | 'ES256' = 'RS256') {
    const { publicKey, privateKey } = algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.key = privateKey;
    this.keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: '1', use: 'sig', alg: algorithm }] });
  }

  /** A token as a header bears it; of a user, for an audience, unless the claims say otherwise. */
  public bearer(claims: { [claim: string]: unknown } = {}): { authorization: string } {
    return { authorization: `Bearer ${this.token(claims)}` };
  }

  public token(claims: { [claim: string]: unknown } = {}): string {
    const now = Math.floor(Date.now() / 1000);
    const parts = [{ alg: this.algorithm, kid: '1', typ: 'JWT' }, { iss: this.name, sub: 'ada', aud: 'shop', iat: now, exp: now + 3600, ...claims }];
    const text = parts.map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${text}.${sign('sha256', Buffer.from(text), { key: this.key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  /** One that nobody has signed. */
  public unsigned(): { authorization: string } {
    const [, payload] = this.token().split('.');
    return { authorization: `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.` };
  }
}
