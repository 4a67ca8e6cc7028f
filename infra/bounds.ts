import type { Duration } from 'aws-cdk-lib';
import { refuse } from './refuse.ts';

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
  const seconds = value.toMilliseconds() / 1000;
  if (Number.isInteger(seconds) && seconds >= least && seconds <= most) return;
  refuse('Chunkferry', `${name} is ${seconds} s; whole seconds from ${least} to ${most} are right`);
}
