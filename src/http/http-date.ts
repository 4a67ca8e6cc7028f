const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * The forms of RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, also with a day of one digit, and the
 * obsolete forms `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
 */
const forms: readonly RegExp[] = [
  /^(?:[a-z]{3,9}, *)?(?<day>\d{1,2})[ -](?<month>[a-z]{3})[ -](?<year>\d{2}|\d{4}) (?<time>\d{1,2}:\d{2}:\d{2}) (?:GMT|UTC?|Z|[+-]0000)/i,
  /^[a-z]{3} (?<month>[a-z]{3}) {1,2}(?<day>\d{1,2}) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})/i,
];

/** Reads an HTTP date, alone or repeated as a list, as milliseconds since 1970. */
export function parseHttpDate(text: string): number | undefined {
  const value = text.trim();
  for (const form of forms) {
    const match = form.exec(value);
    if (match && isRepeated(match[0], value)) return timeOf(match.groups ?? {});
  }
  return undefined;
}

/** Returns true if a text consists of one value, once or several times. */
function isRepeated(value: string, text: string): boolean {
  const rest = text.split(value);
  return rest.every((piece, i) => /^ *,? *$/.test(piece) && (i > 0 || piece === ''));
}

function timeOf({ day, month = '', year = '', time }: Record<string, string>): number | undefined {
  const monthIndex = months.indexOf(month.toLowerCase());
  const two = (value: string | number | undefined) => String(value).padStart(2, '0');
  const iso = `${fullYear(year)}-${two(monthIndex + 1)}-${two(day)}T${time?.padStart(8, '0')}Z`;
  const ms = Date.parse(iso);
  return monthIndex < 0 || Number.isNaN(ms) ? undefined : ms;
}

/** Completes a year of two digits to this century. */
function fullYear(year: string): string {
  return year.length === 2 ? `20${year}` : year;
}
