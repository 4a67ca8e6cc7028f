import { expect, it } from 'vitest';
import { subjectIn } from '#functions/runtime/log-subject.ts';

const event = { detail: { bucket: { name: 'films' }, object: { key: 'a.mp4' } } };
const subject = { bucket: 'films', key: 'a.mp4', execution: 'e' };

it.each([
  ['an input', { input: { bucket: 'films', key: 'a.mp4' } }],
  ['an event', { input: event }],
  ['the event in the state of a start that waits', { state: { input: event } }],
  [
    'the input in the state of a start that waits',
    { state: { input: { bucket: 'films', key: 'a.mp4' } } },
  ],
])('reads the object of a call from %s', (_, payload) => {
  expect(subjectIn({ ...payload, executionId: 'e' })).toMatchObject(subject);
});
