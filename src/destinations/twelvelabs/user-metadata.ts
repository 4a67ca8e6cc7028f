/** One value of user metadata. */
export type MetadataValue = string | number | boolean | readonly string[];

/** The longest user metadata, in characters of JSON. */
export const maxMetadataLength = 16 * 1024;

/** The smallest positive number of a DynamoDB attribute (DynamoDB data types, 2026). */
const smallestNumber = 1e-130;

/** Returns why a value is not valid user metadata, or undefined if it is valid. */
export function metadataFlaw(value: unknown): string | undefined {
  if (typeof value === 'number') return numberFlaw(value);
  if (typeof value === 'string' || typeof value === 'boolean') return undefined;
  const isListOfTexts = Array.isArray(value) && value.every((item) => typeof item === 'string');
  return isListOfTexts ? undefined : 'must be text, a number, a boolean or a list of texts';
}

/** JSON.parse has already rounded unsafe integers, so the number that the user wrote is lost. */
function numberFlaw(value: number): string | undefined {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `integers beyond ${Number.MAX_SAFE_INTEGER} lose digits. Send it as text`;
  }
  const isTooSmall = value !== 0 && Math.abs(value) < smallestNumber;
  return isTooSmall
    ? 'numbers closer to zero than 1e-130 cannot be stored. Send it as text'
    : undefined;
}
