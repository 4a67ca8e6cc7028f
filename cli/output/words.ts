import { durationText } from '#local/terminal/words.ts';

/** Formats a time in the past as `5 min ago`. */
export function agoText(time: number, now: number): string {
  return `${longText(now - time)} ago`;
}

/** Formats a duration as `8 s`, `4 min`, `3 h` or `5 days`. */
export function longText(milliseconds: number): string {
  const days = Math.round(milliseconds / 86_400_000);
  return days > 2 ? `${days} days` : durationText(milliseconds);
}

/** Returns the number with its noun: `1 transfer`, `2 transfers`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Formats a time as `2026-11-29T04:30:00Z`. */
export function timeText(time: number): string {
  return new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
