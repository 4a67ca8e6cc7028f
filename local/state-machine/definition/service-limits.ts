/** Limits of the service that the interpreter does not have. */
export interface ServiceLimits {
  /** The maximum size of a state's input, output, payload or result, in bytes of UTF-8 JSON. */
  readonly payloadBytes: number;
  /** The maximum number of events in an execution's history. */
  readonly historyEvents: number;
}

/** AWS Step Functions quotas for Standard workflows, 2026. */
export const serviceLimits: ServiceLimits = {
  payloadBytes: 256 * 1024,
  historyEvents: 25_000,
};

/** The maximum of a timer, in seconds: Node.js uses 31 bits of milliseconds. */
export const maxTimerSeconds = 2_147_483;
