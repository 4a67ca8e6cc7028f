import { describeCrashPoints } from './crash-points.ts';

describeCrashPoints(1);
