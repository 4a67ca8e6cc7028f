import { describeCrashPoints } from './crash-points.ts';

/** Every point is in `crash-points.deep.test.ts`. */
describeCrashPoints(7);
