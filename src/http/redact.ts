/** What stands where something was left out. */
const omitted = '…';

/** Characters looked at: many more than are ever shown. */
const maxRead = 20_000;

/**
 * Makes a service's own text fit to be shown: one line, at most `maxLength` characters, URLs cut to
 * their host, and whatever looks like a key, a token or a signature left out.
 */
export function showable(text: string, maxLength = 300): string {
  const line = text
    .slice(0, maxRead)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/\b(https?:\/\/)(?:[^\s/?#"'<>]*@)?([^\s/?#"'<>]+)[^\s"'<>]*/gi, `$1$2/${omitted}`)
    .replace(secretPair, `$1${omitted}`)
    .replace(/\btlk_\w+/gi, omitted)
    .replace(/\b[0-9a-f]{64,}\b/gi, omitted)
    .trim();
  const characters = Array.from(line);
  return characters.length <= maxLength
    ? line
    : `${characters.slice(0, maxLength - 1).join('')}${omitted}`;
}

/** Replaces every occurrence of one known secret, also as URLs, JSON and HTML write it. */
export function withoutSecret(text: string, secret: string): string {
  if (secret === '') return text;
  return formsOf(secret).reduce((rest, form) => rest.replaceAll(form, omitted), text);
}

function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const url = encodeURIComponent(secret);
  return [secret, json, json.replaceAll('/', '\\/'), html, html.replaceAll("'", '&#39;'), url];
}

/** `name: value` and `name=value` of names that hold secrets, also inside a query or JSON. */
const secretPair =
  /((?:api[-_ ]?key|authorization|signature|security-token|credential|accesskeyid|token|secret)["']?\s*[:=]\s*["']?(?:bearer\s+|basic\s+)?)[^\s"'&,;<>}]+/gi;
