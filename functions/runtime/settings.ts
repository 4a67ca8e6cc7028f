import { readSettings } from '#src/config/environment.ts';
import type { PortPart } from './container.ts';

export const settings: PortPart<'settings'> = {
  port: 'settings',
  build: ({ env }) => readSettings(env),
};
