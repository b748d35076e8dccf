import { Site } from '../diagnostics/site';

/** What a key has to say of itself, by its type (RFC 7518, 6; RFC 8037, 2). */
const PUBLIC_PARTS: { [kty: string]: string[] } = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] };

/** A JSON Web Key Set of public keys, as its text: a manifest is no place for any others. */
export function checkKeySet(site: Site, text: string): string {
  const fail = (problem: string, received: unknown, fix: string): never => site.fail('InvalidToken', problem, received, fix);
  const keys = keysOf(text);
  if (!Array.isArray(keys) || keys.length === 0) {
    return fail('must be a JSON Web Key Set', text.slice(0, 60), 'Write the text that the issuer serves: {"keys":[{"kty":"RSA","n":"...","e":"AQAB"}]}.');
  }
  keys.forEach((key, index) => {
    const parts = PUBLIC_PARTS[key?.kty];
    if (parts === undefined) {
      fail(`must hold public keys of the types ${Object.keys(PUBLIC_PARTS).join(', ')}`, key?.kty, `Replace keys[${index}]: whoever could check a token by a shared secret could make one, too.`);
    }
    if ('d' in key) {
      fail('must hold no private key', `keys[${index}].d`, 'Write the public half alone: whoever reads the manifest could make tokens.');
    }
    const missing = parts.find(part => typeof key[part] !== 'string');
    if (missing !== undefined) {
      fail(`must hold whole keys: keys[${index}] has no ${missing}`, Object.keys(key), `A key of type ${key.kty} has ${parts.join(', ')}.`);
    }
  });
  return text;
}

function keysOf(text: string): any {
  try {
    return JSON.parse(text)?.keys;
  } catch {
    return undefined;
  }
}
