import { port } from './given.ts';

export const random = () => port('random', () => Math.random);
