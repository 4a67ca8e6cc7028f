/** What the service bounds and the interpreter does not. */
export interface ServiceLimits {
  /** The most that a state's input, output, payload or result may hold, in bytes of UTF-8 JSON. */
  readonly payloadBytes: number;
  /** The most events an execution's history may hold. */
  readonly historyEvents: number;
}

/** AWS Step Functions quotas for Standard workflows, 2026. */
export const serviceLimits: ServiceLimits = {
  payloadBytes: 256 * 1024,
  historyEvents: 25_000,
};

/** The longest that a timer can be set to, in seconds: Node.js counts it in 31 bits of milliseconds. */
export const maxTimerSeconds = 2_147_483;
