import { readSettings } from '#src/config/environment.ts';
import { port } from './given.ts';

export const settings = () => port('settings', () => readSettings(process.env));
