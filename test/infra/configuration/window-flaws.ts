/** A window without a flaw. */
export const rightWindow = { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' };

const time = 'must be a time of day such as "22:00"';
const zone = 'must be an IANA name such as "Europe/Berlin"';

/** Windows with one flaw each, and the message that names it. */
export const windowFlaws: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
  [{ ...rightWindow, from: '24:00' }, `from "24:00": ${time}`],
  [{ ...rightWindow, from: '9:00' }, `from "9:00": ${time}`],
  [{ ...rightWindow, from: '10pm' }, `from "10pm": ${time}`],
  [{ ...rightWindow, to: '06:60' }, `to "06:60": ${time}`],
  [{ ...rightWindow, to: '' }, `to "": ${time}`],
  [{ ...rightWindow, to: '06:00:00' }, `to "06:00:00": ${time}`],
  [
    { ...rightWindow, to: '22:00' },
    'to "22:00": must differ from "from". Leave transferWindow out to transfer at any time',
  ],
  [{ ...rightWindow, timeZone: 'Europe/Berlins' }, `timeZone "Europe/Berlins": ${zone}`],
  [{ ...rightWindow, timeZone: '' }, `timeZone "": ${zone}`],
  [{ ...rightWindow, timeZone: 'MEZ+1' }, `timeZone "MEZ+1": ${zone}`],
  [{ ...rightWindow, underWay: 'abort' }, 'underWay "abort": must be "finish" or "stop"'],
];
