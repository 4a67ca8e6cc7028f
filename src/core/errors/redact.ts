/** The replacement for omitted text. */
const omitted = '…';

/** Characters that are read: many more than are ever shown. */
const maxRead = 20_000;

/**
 * Returns a service's own text in a form that is safe to show: one line, at most `maxLength` characters,
 * URLs cut to their host, and without any likely key, token or signature.
 */
export function redact(text: string, maxLength = 300): string {
  const line = text
    .slice(0, maxRead)
    .replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\s]+/gu, ' ')
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

/** `name: value` and `name=value` for names of secrets, also inside a query or JSON. */
const secretPair =
  /((?:api[-_ ]?key|authorization|signature|security-token|credential|accesskeyid|token|secret)["']?\s*[:=]\s*["']?(?:bearer\s+|basic\s+)?)[^\s"'&,;<>}]+/gi;
