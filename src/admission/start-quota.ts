import { maxStartsPerSecond } from '#src/core/limits/limits.ts';
import type { Needs } from '#src/step-support/step.ts';

/** The starts that one call of the dispatcher may make. All calls share the quota of each second. */
export interface StartQuota {
  /**
   * True once a second had no start left, or could not be read. This call then starts nothing more: a
   * later ticket must not pass the one that met the error.
   */
  readonly isUsedUp: boolean;
  /**
   * Takes one start of this second. Reserves several by one write, for as long as the second lasts: a
   * start counts in the second in which it is made, not in that of the write.
   * @param wanted - the starts that this call would still make
   * @throws TableUnavailableError
   */
  take(wanted: number): Promise<boolean>;
}

/** Our own: reservations that may each come too late for their second before the call starts nothing more. */
const maxReservations = 3;

export function createStartQuota({ queue, clock, log }: Needs<'queue'>): StartQuota {
  let reserved = { second: 0, left: 0 };
  const thisSecond = () => Math.floor(clock.now() / 1000);
  let isUsedUp = false;
  const reserve = async (second: number, count: number) => {
    isUsedUp = true;
    const isReserved = await queue.reserveStarts(second, count, maxStartsPerSecond);
    if (!isReserved)
      return log.info('queue not dispatched: start quota of this second is used up', { count });
    isUsedUp = false;
    reserved = { second, left: count };
  };
  return {
    get isUsedUp() {
      return isUsedUp;
    },
    async take(wanted) {
      const mayTake = () => reserved.second === thisSecond() && reserved.left > 0;
      // The second may end during the write that reserves.
      for (let tries = 0; tries < maxReservations && !mayTake(); tries++) {
        await reserve(thisSecond(), wanted);
        if (isUsedUp) return false;
      }
      isUsedUp = !mayTake();
      if (isUsedUp) return false;
      reserved.left--;
      return true;
    },
  };
}
