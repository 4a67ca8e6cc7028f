/** One value of user metadata. */
export type MetadataValue = string | number | boolean | readonly string[];

/** What a user may attach to an asset. */
export type UserMetadata = Readonly<Record<string, MetadataValue>>;

/** The most that user metadata may hold, in characters of JSON. */
export const maxMetadataLength = 16 * 1024;

/** The smallest number that a DynamoDB row holds (DynamoDB data types, 2026). */
const smallestNumber = 1e-130;

/** Returns why a value can't be sent as user metadata; undefined where it can. */
export function metadataFlaw(value: unknown): string | undefined {
  if (typeof value === 'number') return numberFlaw(value);
  if (typeof value === 'string' || typeof value === 'boolean') return undefined;
  const isListOfTexts = Array.isArray(value) && value.every((item) => typeof item === 'string');
  return isListOfTexts ? undefined : 'must be text, a number, a boolean or a list of texts';
}

/** Whether a value read from a row or a state is user metadata. */
export function isUserMetadata(value: unknown): value is UserMetadata {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((item) => metadataFlaw(item) === undefined);
}

/** JSON.parse has rounded such an integer already, so the number that the user wrote is lost. */
function numberFlaw(value: number): string | undefined {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `integers beyond ${Number.MAX_SAFE_INTEGER} lose digits. Send it as text`;
  }
  const isTooSmall = value !== 0 && Math.abs(value) < smallestNumber;
  return isTooSmall
    ? 'numbers closer to zero than 1e-130 are not kept. Send it as text'
    : undefined;
}
