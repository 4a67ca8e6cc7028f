import { expect, it } from 'vitest';
import { subjectIn } from '#functions/runtime/log.ts';

const event = { detail: { bucket: { name: 'films' }, object: { key: 'a.mp4' } } };
const subject = { bucket: 'films', key: 'a.mp4', execution: 'e' };

it.each([
  ['an input', { input: { bucket: 'films', key: 'a.mp4' } }],
  ['an event', { input: event }],
  ['a state that waits and keeps its event', { state: { input: event } }],
  [
    'a state that waits and keeps its input',
    { state: { input: { bucket: 'films', key: 'a.mp4' } } },
  ],
])('the object of a call is found in %s', (_, payload) => {
  expect(subjectIn({ ...payload, executionId: 'e' })).toMatchObject(subject);
});
