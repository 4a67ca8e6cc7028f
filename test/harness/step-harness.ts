import type { SourceObject } from '#src/core/source/source-object.ts';
import type { Settings } from '#src/core/stack/settings.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { awaitAsset } from '#src/steps/await-asset/await-asset.ts';
import { confirmUpload } from '#src/steps/confirm-upload/confirm-upload.ts';
import { inspectSource } from '#src/steps/inspect-source/inspect-source.ts';
import { type OpenSessionResult, openSession } from '#src/steps/open-session/open-session.ts';
import { recordOutcome } from '#src/steps/record-outcome/record-outcome.ts';
import { reportProofs } from '#src/steps/report-proofs/report-proofs.ts';
import { sendChunks } from '#src/steps/send-chunks/send-chunks.ts';
import type { RangeState } from '#src/transfer/state.ts';
import type { Invocation } from '#src/transfer/step.ts';
import type { ServiceOptions, TestService } from '../doubles/destinations/service.ts';
import { ServiceSized } from '../doubles/destinations/service-sized.ts';
import type { ManualClock } from '../doubles/manual-clock.ts';
import { canarySearch, textOf } from '../security/canaries/search.ts';
import { invocationOf } from './invocation.ts';
import { film, openPortHarness, type PortHarness, putFilm } from './port-harness.ts';

export const chunkBytes = 1024;

/** A session with a plan, as OpenSession hands it on. */
export type Planned = Exclude<OpenSessionResult, { readonly ending: unknown }>;

/** What InspectSource hands on to OpenSession. */
type Accepted = Extract<Awaited<ReturnType<typeof inspectSource>>, { readonly next: 'open' }>;

/** Makes a service; left out, one of TwelveLabs' shape. */
type MakeService<S> = (clock: ManualClock, options: ServiceOptions) => S;

type Given = Partial<Invocation>;

/** The port harness with single step calls. States between steps are copied as JSON. */
export class StepHarness<S extends TestService = ServiceSized> {
  readonly service: S;
  ports: PortHarness['ports'];
  readonly doubles: PortHarness;

  private constructor(doubles: PortHarness, service: S) {
    this.doubles = doubles;
    this.ports = doubles.ports;
    this.service = service;
  }

  static set(options?: Partial<ServiceOptions>, tuned?: Partial<Settings>): Promise<StepHarness> {
    return StepHarness.around((clock, given) => new ServiceSized(clock, given), options, tuned);
  }

  static async around<S extends TestService>(
    make: MakeService<S>,
    options: Partial<ServiceOptions> = {},
    tuned: Partial<Settings> = {},
  ): Promise<StepHarness<S>> {
    let service: S | undefined;
    const doubles = await openPortHarness(
      async (clock, given) => (service = make(clock, given)),
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

  /** Of an input whose object is accepted. */
  inspect(input: unknown = film, given?: Given): Promise<Accepted> {
    const inspect = (call: Invocation) => inspectSource(this.ports, json(input), call);
    return this.#call(given, inspect) as Promise<Accepted>;
  }

  open(state: unknown, given?: Given) {
    return this.#call(given, (call) => openSession(this.ports, json(state), call));
  }

  send(item: unknown, given?: Given) {
    return this.#call(given, (call) => sendChunks(this.ports, json(item), call));
  }

  report(item: unknown, given?: Given) {
    return this.#call(given, (call) => reportProofs(this.ports, json(item), call));
  }

  confirm(state: unknown, given?: Given) {
    return this.#call(given, (call) => confirmUpload(this.ports, json(state), call));
  }

  await(state: unknown, given?: Given) {
    return this.#call(given, (call) => awaitAsset(this.ports, json(state), call));
  }

  record(state: unknown, given?: Given) {
    return this.#call(given, (call) => recordOutcome(this.ports, json(state), call));
  }

  /** Puts the film, pins it and opens a session for it. */
  async opened(
    chunks: number,
    traits: Partial<SourceObject> = {},
    input: object = film,
  ): Promise<Planned> {
    putFilm(this.doubles, chunks * chunkBytes, traits);
    return (await this.open(await this.inspect(input))) as Planned;
  }

  /** Sends all planned ranges once and reports what was sent. */
  async sendAll(planned: Planned, given?: Given): Promise<void> {
    for (const range of planned.ranges) {
      await this.send(itemOf(planned, range.n), given);
      await this.report(itemOf(planned, range.n), given);
    }
  }

  /** Lets the time of a Wait state pass. */
  pause<T extends { readonly waitSeconds: number }>(state: T): T {
    this.doubles.clock.advance(state.waitSeconds * 1000);
    return state;
  }

  /** The row of the transfer that a state speaks of. */
  async row(state: object) {
    const transferId = 'transferId' in state ? String(state.transferId) : '';
    const row = await this.doubles.store.transfer(transferId);
    if (row) return row;
    throw new Error(`there is no transfer of ${JSON.stringify(state)}`);
  }

  async #call<T>(given: Given = {}, step: (call: Invocation) => Promise<T>): Promise<T> {
    const invocation = invocationOf(this.doubles, given);
    const result = json(await step(invocation).finally(invocation.close));
    canarySearch.searchText('history', textOf(result));
    return result;
  }
}

/** The n-th iteration's state, as the map makes it. */
export function itemOf(planned: Planned, n = 1): RangeState {
  const { transferId, fence, sessionNumber, round, ranges } = planned;
  const range = ranges.find((one) => one.n === n);
  if (range)
    return {
      ...{ transferId, fence, sessionNumber, round, range },
      ...{ senders: 1, proven: 0, calls: 0, idleCalls: 0 },
    };
  throw new Error(`range ${n} is not planned`);
}

export function json<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
