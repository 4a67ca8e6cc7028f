import {
  canaryMark,
  canaryTags,
  simulatedApiKey,
} from '#local/simulators/twelvelabs/settings/canaries.ts';

/** A canary of a kind that the simulator does not plant: its tag follows the mark. */
const tagsOfTests = {
  keyLike: 'a1',
  secretValue: 'a2',
  secretAccessKey: 'c0',
  sessionToken: 'c1',
  planted: 'd0',
} as const;

const canaryOf = (kind: keyof typeof tagsOfTests) => canaryMark + tagsOfTests[kind];

/**
 * The secrets that tests plant. Every one holds the mark, so that whatever is shown of it is found;
 * the parts of presigned URLs are made by the simulator and hold it too.
 */
export const canaries = {
  /** An API key in no shape of a key: no pattern can hide it. */
  apiKey: simulatedApiKey,
  /** An API key in TwelveLabs' shape. */
  keyLike: `tlk_${canaryOf('keyLike').toUpperCase()}7Q`,
  /** What Secrets Manager holds. */
  secretValue: `held/${canaryOf('secretValue')}`,
  /** By which AWS's requests are signed. */
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
  [tagsOfTests.keyLike]: 'the API key in the shape of a key',
  [tagsOfTests.secretValue]: "the secret's value",
  [tagsOfTests.secretAccessKey]: 'the secret access key',
  [tagsOfTests.sessionToken]: 'the session token',
  [tagsOfTests.planted]: 'the planted canary',
};

/** Base64 of a word wherever it stands in what is encoded: the characters that no neighbour changes. */
function base64Forms(word: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(word)]);
    const end = Math.floor((bytes.length * 8) / 6);
    return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), end);
  });
}

/**
 * The forms in which a word may be shown. It is of letters and digits: JSON, URLs, HTML and base64url
 * write it as it is, or as base64 does.
 */
function formsOf(word: string): [form: string, text: string][] {
  const bytes = [...Buffer.from(word)];
  const hex = bytes.map((byte) => byte.toString(16));
  return [
    ['as it is', word],
    ...base64Forms(word).map((text): [string, string] => ['base64', text]),
    ['hex', hex.join('')],
    ['hex', hex.join('').toUpperCase()],
    ["a Buffer's inspection", hex.join(' ')],
    ['a list of bytes', bytes.join(',')],
    ['every byte percent-encoded', hex.map((digits) => `%${digits}`).join('')],
  ];
}

const markForms = [canaryMark, canaryMark.toUpperCase()].flatMap(formsOf);

/** A text may hold gigabytes in sum: one pass over it, and in nearly all texts nothing more. */
const anyMark = new RegExp([...new Set(markForms.map(([, text]) => text))].map(quoted).join('|'));

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * Which canaries a text shows, each with its form: as it is, in base64 of any alignment, in
 * hexadecimal, as a list of bytes or percent-encoded. The mark alone is enough, whatever is cut off.
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

const aroundCharacters = 80;

/** What stands around the first canary of a text, itself left out: fit to be printed. */
export function around(text: string): string {
  const at = text.search(anyMark);
  const [shown = ''] = anyMark.exec(text) ?? [];
  const before = text.slice(Math.max(0, at - aroundCharacters), at);
  const after = text.slice(at + shown.length, at + shown.length + aroundCharacters);
  return withoutMarks(`${before}[canary]${after}`);
}

function withoutMarks(text: string): string {
  return text.replaceAll(new RegExp(anyMark, 'g'), '[canary]');
}
