/** A valid window. */
export const validWindow = { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' };

const time = 'must be a time of day such as "22:00"';
const zone = 'must be an IANA name such as "Europe/Berlin"';

/** Invalid windows with one flaw each, and the message about it. */
export const windowFlaws: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
  [{ ...validWindow, from: '24:00' }, `from "24:00": ${time}`],
  [{ ...validWindow, from: '9:00' }, `from "9:00": ${time}`],
  [{ ...validWindow, from: '10pm' }, `from "10pm": ${time}`],
  [{ ...validWindow, to: '06:60' }, `to "06:60": ${time}`],
  [{ ...validWindow, to: '' }, `to "": ${time}`],
  [{ ...validWindow, to: '06:00:00' }, `to "06:00:00": ${time}`],
  [
    { ...validWindow, to: '22:00' },
    'to "22:00": must differ from "from". Leave transferWindow out to transfer at any time',
  ],
  [{ ...validWindow, timeZone: 'Europe/Berlins' }, `timeZone "Europe/Berlins": ${zone}`],
  [{ ...validWindow, timeZone: '' }, `timeZone "": ${zone}`],
  [{ ...validWindow, timeZone: 'MEZ+1' }, `timeZone "MEZ+1": ${zone}`],
  [{ ...validWindow, underWay: 'abort' }, 'underWay "abort": must be "finish" or "stop"'],
];
