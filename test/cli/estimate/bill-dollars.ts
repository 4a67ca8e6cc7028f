import prices from '#local/prices/prices.json' with { type: 'json' };

/** The price of each line of a counted bill. The seconds of sending are assumed, not counted. */
const priceOf: Readonly<Record<string, keyof typeof prices>> = {
  'state transitions': 'stateTransition',
  'Lambda requests': 'lambdaRequest',
  'GB-seconds of other functions': 'lambdaGbSecond',
  'table writes': 'tableWriteUnit',
  'writes of its indexes': 'tableWriteUnit',
  'table reads': 'tableReadUnit',
  'S3 requests': 's3Get',
  "GB of the functions' log lines": 'logGb',
  "GB of Lambda's log lines": 'logGb',
  "GB of the state machine's log": 'logGb',
  'published events': 'publishedEvent',
  'traces, each of one execution': 'trace',
};

/** Returns the dollars of counted units, apart from the seconds of sending. */
export function billDollars(units: Readonly<Record<string, number>>): number {
  return Object.entries(priceOf).reduce(
    (sum, [line, price]) => sum + (units[line] ?? Number.NaN) * prices[price].value,
    0,
  );
}
