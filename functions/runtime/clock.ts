import { systemClock } from '#src/config/system-clock.ts';
import { port } from './given.ts';

export const clock = () => port('clock', () => systemClock);
