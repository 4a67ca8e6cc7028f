import type { Settings } from '#src/core/settings.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { RangeState } from '#src/step-support/state.ts';
import type { Invocation } from '#src/step-support/step.ts';
import { awaitAsset } from '#src/steps/await-asset/await-asset.ts';
import { confirmUpload } from '#src/steps/confirm-upload/confirm-upload.ts';
import type { ConfirmUploadResult } from '#src/steps/confirm-upload/decide-next-step.ts';
import { inspectSource, type Pinned } from '#src/steps/inspect-source/inspect-source.ts';
import { type OpenSessionResult, openSession } from '#src/steps/open-session/open-session.ts';
import { recordOutcome } from '#src/steps/record-outcome/record-outcome.ts';
import { sendChunks } from '#src/steps/send-chunks/send-chunks.ts';
import type { ServiceOptions, TestService } from '../doubles/destinations/service.ts';
import { ServiceSized } from '../doubles/destinations/service-sized.ts';
import { canarySearch, textOf } from '../security/canaries/search.ts';
import type { ManualClock } from './clock.ts';
import { invocationOf } from './invocation.ts';
import { film, openPortHarness, type PortHarness, putFilm } from './port-harness.ts';

export const chunkBytes = 1024;

/** The answer of OpenSession with a plan. */
export type Planned = Exclude<OpenSessionResult, { readonly ending: unknown }>;

/** The answer of InspectSource that leads to OpenSession. */
type Accepted = Pinned;

/** Creates the service of the harness. */
type MakeService<S> = (clock: ManualClock, options: ServiceOptions) => S;

/** Properties of a call that a test sets. */
type CallOptions = Partial<Invocation>;

/**
 * The port harness with single step calls, for tests of one step. States between steps are copied as
 * JSON.
 *
 * 1. `harness = await StepHarness.create()`; `StepHarness.createWith(make)` takes another service.
 * 2. `planned = await harness.openTransfer(chunks)` stores a film and opens its session.
 * 3. `harness.send(itemOf(planned))`, `confirm`, `await` and `record` call the next steps; a further call
 *    of a range is `harness.send({ ...item, range: answer })`.
 * 4. `harness.override(calls)` replaces calls of the destination; `harness.tune(settings)` changes settings.
 * 5. `harness.doubles` is the port harness: its rows, events, metrics, faults and clock.
 */
export class StepHarness<S extends TestService = ServiceSized> {
  readonly service: S;
  ports: PortHarness['ports'];
  readonly doubles: PortHarness;

  private constructor(doubles: PortHarness, service: S) {
    this.doubles = doubles;
    this.ports = doubles.ports;
    this.service = service;
  }

  /** Creates a harness with a service of the shape of TwelveLabs. */
  static create(
    options?: Partial<ServiceOptions>,
    tuned?: Partial<Settings>,
  ): Promise<StepHarness> {
    return StepHarness.createWith((clock, own) => new ServiceSized(clock, own), options, tuned);
  }

  /** Creates a harness with another service. */
  static async createWith<S extends TestService>(
    make: MakeService<S>,
    options: Partial<ServiceOptions> = {},
    tuned: Partial<Settings> = {},
  ): Promise<StepHarness<S>> {
    let service: S | undefined;
    const doubles = await openPortHarness(
      async (clock, own) => (service = make(clock, own)),
      options,
      tuned,
    );
    return new StepHarness(doubles, service as S);
  }

  /** Replaces calls of the destination from now on. */
  override(calls: Partial<Destination>): void {
    this.ports = { ...this.ports, destination: { ...this.ports.destination, ...calls } };
  }

  /** Changes settings, as a new deployment does. */
  tune(settings: Partial<Settings>): void {
    this.ports = { ...this.ports, settings: { ...this.ports.settings, ...settings } };
  }

  /** Inspects an input whose object is accepted. */
  inspect(input: unknown = film, options?: CallOptions): Promise<Accepted> {
    const inspect = (call: Invocation) => inspectSource(this.ports, json(input), call);
    return this.#call(options, inspect) as Promise<Accepted>;
  }

  open(state: unknown, options?: CallOptions) {
    return this.#call(options, (call) => openSession(this.ports, json(state), call));
  }

  send(item: unknown, options?: CallOptions) {
    return this.#call(options, (call) => sendChunks(this.ports, json(item), call));
  }

  /** Checks the upload of an owned transfer. */
  confirm(state: unknown, options?: CallOptions): Promise<ConfirmUploadResult> {
    const confirm = (call: Invocation) => confirmUpload(this.ports, json(state), call);
    return this.#call(options, confirm) as Promise<ConfirmUploadResult>;
  }

  /** Records the error of a range, as the state after its sender's end without an answer does. */
  recordRangeError(item: unknown, options?: CallOptions) {
    return this.#call(options, (call) => confirmUpload(this.ports, json(item), call));
  }

  await(state: unknown, options?: CallOptions) {
    return this.#call(options, (call) => awaitAsset(this.ports, json(state), call));
  }

  record(state: unknown, options?: CallOptions) {
    return this.#call(options, (call) => recordOutcome(this.ports, json(state), call));
  }

  /** Stores the film, pins it and opens a session for it. */
  async openTransfer(
    chunks: number,
    traits: Partial<SourceObject> = {},
    input: object = film,
  ): Promise<Planned> {
    putFilm(this.doubles, chunks * chunkBytes, traits);
    return (await this.open(await this.inspect(input))) as Planned;
  }

  /** Sends all planned ranges once. */
  async sendAll(planned: Planned, options?: CallOptions): Promise<void> {
    for (const range of planned.ranges) {
      await this.send(itemOf(planned, range.n), options);
    }
  }

  /** Advances the clock by the time of a Wait state. */
  waitFor<T extends { readonly waitSeconds: number }>(state: T): T {
    this.doubles.clock.advance(state.waitSeconds * 1000);
    return state;
  }

  /** Returns the row of the transfer that a state names. */
  async row(state: object) {
    const transferId = 'transferId' in state ? String(state.transferId) : '';
    const row = await this.doubles.store.transfer(transferId);
    if (row) return row;
    throw new Error(`no transfer row for ${JSON.stringify(state)}`);
  }

  async #call<T>(options: CallOptions = {}, step: (call: Invocation) => Promise<T>): Promise<T> {
    const invocation = invocationOf(this.doubles, options);
    const result = json(await step(invocation).finally(invocation.close));
    canarySearch.searchText('history', textOf(result));
    return result;
  }
}

/** Returns the state of the n-th iteration of the map. */
export function itemOf(planned: Planned, n = 1): RangeState {
  const { transferId, fence, sessionNumber, round, ranges } = planned;
  const range = ranges.find((one) => one.n === n);
  if (range)
    return {
      ...{ transferId, fence, sessionNumber, round },
      ...{ rangesAtOnce: 1, proven: 0, range: { ...range, calls: 0, idleCalls: 0 } },
    };
  throw new Error(`range ${n} is not planned`);
}

/** Copies a value as JSON. */
export function json<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
