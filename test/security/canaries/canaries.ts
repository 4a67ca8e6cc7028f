import { canaryMark, canaryTags, simulatedApiKey } from '#local/simulators/canaries.ts';

/** The tags of canaries that the simulator does not create. A tag follows the mark. */
const testTags = {
  keyLike: 'a1',
  secretValue: 'a2',
  secretAccessKey: 'c0',
  sessionToken: 'c1',
  planted: 'd0',
} as const;

const canaryOf = (kind: keyof typeof testTags) => canaryMark + testTags[kind];

/**
 * The secrets of tests. Each contains the mark: the search finds any part that includes it. The
 * simulator creates the parts of presigned URLs with the same mark.
 */
export const canaries = {
  /** An API key without the format of a key: no redaction pattern matches it. */
  apiKey: simulatedApiKey,
  /** An API key in TwelveLabs' format. */
  keyLike: `tlk_${canaryOf('keyLike').toUpperCase()}7Q`,
  /** The value in Secrets Manager. */
  secretValue: `held/${canaryOf('secretValue')}`,
  /** The key that signs requests to AWS. */
  secretAccessKey: `aws+${canaryOf('secretAccessKey')}/secret`,
  sessionToken: `FwoG${canaryOf('sessionToken')}//token==`,
  /** For tests of the search itself. */
  planted: canaryOf('planted'),
} as const;

const names: Readonly<Record<string, string>> = {
  [canaryTags.apiKey]: 'the API key',
  [canaryTags.signature]: "a presigned URL's signature",
  [canaryTags.securityToken]: "a presigned URL's security token",
  [canaryTags.pathNonce]: "a presigned URL's path",
  [canaryTags.credential]: "a presigned URL's credential",
  [testTags.keyLike]: 'the API key in the format of a key',
  [testTags.secretValue]: "the secret's value",
  [testTags.secretAccessKey]: 'the secret access key',
  [testTags.sessionToken]: 'the session token',
  [testTags.planted]: 'the planted canary',
};

/** Returns the base64 forms of a word at each alignment, without characters that neighbours change. */
function base64Forms(word: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(word)]);
    const end = Math.floor((bytes.length * 8) / 6);
    return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), end);
  });
}

/**
 * Returns the forms in which a word may appear. JSON, URLs and HTML do not change its letters and
 * digits; base64url equals base64.
 */
function formsOf(word: string): [form: string, text: string][] {
  const bytes = [...Buffer.from(word)];
  const hex = bytes.map((byte) => byte.toString(16));
  return [
    ['plain', word],
    ...base64Forms(word).map((text): [string, string] => ['base64', text]),
    ['hex', hex.join('')],
    ['hex', hex.join('').toUpperCase()],
    ["a Buffer's inspection", hex.join(' ')],
    ['a list of bytes', bytes.join(',')],
    ['every byte percent-encoded', hex.map((digits) => `%${digits}`).join('')],
  ];
}

const markForms = [canaryMark, canaryMark.toUpperCase()].flatMap(formsOf);

/** Matches any form of the mark: one pass is enough for nearly all texts. */
const anyMark = new RegExp([...new Set(markForms.map(([, text]) => text))].map(quoted).join('|'));

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * Returns the canaries in a text with their form: plain, base64 of any alignment, hexadecimal, a list of
 * bytes, or percent-encoded. The mark alone is enough: a canary may be truncated.
 */
export function canariesIn(text: string): string[] {
  if (!anyMark.test(text)) return [];
  const known = Object.entries(names).flatMap(([tag, name]) =>
    tagForms(tag)
      .filter(([, word]) => text.includes(word))
      .map(([form]) => `${name} (${form})`),
  );
  return known.length > 0 ? [...new Set(known)] : ['a part of a canary'];
}

function tagForms(tag: string): [form: string, text: string][] {
  return [canaryMark + tag, (canaryMark + tag).toUpperCase()].flatMap(formsOf);
}

const contextCharacters = 80;

/** Returns the text around the first canary, without the canary: safe to print. */
export function contextOf(text: string): string {
  const at = text.search(anyMark);
  const [shown = ''] = anyMark.exec(text) ?? [];
  const before = text.slice(Math.max(0, at - contextCharacters), at);
  const after = text.slice(at + shown.length, at + shown.length + contextCharacters);
  return withoutMarks(`${before}[canary]${after}`);
}

function withoutMarks(text: string): string {
  return text.replaceAll(new RegExp(anyMark, 'g'), '[canary]');
}
