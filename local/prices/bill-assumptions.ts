/** What no run on one machine can count. Each is printed with a bill. */
export const billAssumptions = {
  /** One SendChunks function moves this much; its network decides, not its CPU. */
  sendBytesPerSecond: 75e6,
  /** One chunk of a service that takes one at a time: a request and its reply, at best and at worst. */
  serialChunkMs: { least: 50, usual: 100, most: 300 },
  /**
   * A call of another function: a few round trips to the table and one or two to the service. What it
   * takes on a test machine says nothing: the senders share its process.
   */
  callMs: 300,
  /** Lambda's own start and report lines of a call, as JSON. */
  lambdaLogBytesPerCall: 700,
  /** A history event in the state machine's log, without execution data. */
  historyEventLogBytes: 450,
} as const;
