import type { Duration } from 'aws-cdk-lib';
import { refuse, refuseValue } from './refuse.ts';

/** @throws ConfigurationError - `value` is there and no whole number in these bounds */
export function checkWhole(
  name: string,
  value: number | undefined,
  least: number,
  most: number,
): void {
  if (value === undefined) return;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  refuse('Chunkferry', `${name} is ${value}; a whole number from ${least} to ${most} is right`);
}

/** @throws ConfigurationError - `value` is not of whole seconds in these bounds */
export function checkSeconds(name: string, value: Duration, least: number, most: number): void {
  checkDuration(name, value);
  const seconds = value.toMilliseconds() / 1000;
  if (Number.isInteger(seconds) && seconds >= least && seconds <= most) return;
  refuse('Chunkferry', `${name} is ${seconds} s; whole seconds from ${least} to ${most} are right`);
}

/**
 * JavaScript lets a number stand for a time, without its unit.
 * @throws ConfigurationError - `value` is no Duration
 */
export function checkDuration(name: string, value: unknown, of?: string): void {
  if (isDuration(value)) return;
  const advice = typeof value === 'number' ? `. Use Duration.seconds(${value})` : '';
  refuseValue(name, value, `must be a Duration${advice}`, of);
}

/** By its method: the caller's copy of the CDK may be another one than ours. */
function isDuration(value: unknown): value is Duration {
  return typeof (value as Duration | null)?.toMilliseconds === 'function';
}
