/** The replacement for omitted text. */
const omitted = '…';

/** Characters that are read: many more than are ever shown. */
const maxRead = 20_000;

/**
 * Returns foreign text in a form that is safe to show: one line, at most `maxLength` characters, URLs cut
 * to their host, and without any likely key, token or signature.
 */
export function redact(text: string, maxLength = 300): string {
  const line = text
    .slice(0, maxRead)
    .replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/\b(https?:\/\/)(?:[^\s/?#"'<>]*@)?([^\s/?#"'<>]+)[^\s"'<>]*/gi, `$1$2/${omitted}`)
    .replace(secretPair, `$1${omitted}`)
    .replace(prefixedKey, omitted)
    .replace(/\b[0-9a-f]{64,}\b/gi, omitted)
    .trim();
  const characters = Array.from(line);
  return characters.length <= maxLength
    ? line
    : `${characters.slice(0, maxLength - 1).join('')}${omitted}`;
}

/** Replaces every text of one form, such as that of a service's keys. `form` has the flag `g`. */
export function removeForm(text: string, form: RegExp): string {
  return text.replaceAll(form, omitted);
}

/** Returns a foreign error as a cause: its name, message and stack only, each in a form that is safe to show. */
export function redactedCause(error: unknown): unknown {
  if (!(error instanceof Error)) return redact(String(error));
  const { name, message, stack } = error;
  return Object.assign(new Error(redact(message)), { name, stack: redactedStack(stack) });
}

/** Returns a stack in a form that is safe to show. Its first lines are the message. */
export function redactedStack(stack = ''): string {
  return stack
    .split('\n')
    .map((line) => `${/^\s*/.exec(line)}${redact(line)}`)
    .join('\n');
}

/**
 * Replaces every occurrence of one known secret, also if JSON, HTML or a URL has escaped some of its
 * characters: a later decoding then cannot restore it.
 */
export function removeSecret(text: string, secret: string): string {
  // An escaped character is never shorter than the character.
  if (secret === '' || text.length < secret.length) return text;
  // Without these characters nothing is escaped. A pattern takes many times longer.
  if (!/[\\%&]/.test(text)) return text.replaceAll(secret, omitted);
  const pattern = Array.from(secret, (character) => `(?:${writingsOf(character).join('|')})`);
  return text.replaceAll(new RegExp(pattern.join(''), 'g'), omitted);
}

const namedInHtml: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function writingsOf(character: string): string[] {
  const code = character.charCodeAt(0);
  const hex = code
    .toString(16)
    .padStart(2, '0')
    .replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
  const named = namedInHtml[character];
  const itself = character.replace(/[^A-Za-z0-9]/, '\\$&');
  return [
    ...(/["\\/]/.test(character) ? [`\\\\${itself}`] : []),
    itself,
    `\\\\u00${hex}`,
    `%${hex}`,
    `&#0*${code};`,
    `&#[xX]0*${hex};`,
    ...(named ? [named] : []),
  ];
}

/** A key with the prefix of its vendor, such as `ghp_`: a long run of letters and digits after a short word. */
const prefixedKey = /\b[a-z]{2,8}_(?=[a-z]*\d)[a-z0-9]{16,}\b/gi;

/** `name: value` and `name=value` for names of secrets, also inside a query or JSON. */
const secretPair =
  /((?:api[-_ ]?key|authorization|signature|security-token|credential|accesskeyid|token|secret)["']?\s*[:=]\s*["']?(?:bearer\s+|basic\s+)?)[^\s"'&,;<>}]+/gi;
