import type { Attributes, Edge, Graph, Node, Subgraph } from '@viz-js/viz';
import type { StateFields } from '#local/state-machine/definition/states.ts';
import * as style from './style.ts';

/** The definition of a state machine or of a Map's item processor. */
interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, StateFields>>;
}

/**
 * Returns the graph of a definition: a node for each state, a frame for each Map, an arrow for each
 * transition. Transitions with the same ends and the same meaning share one arrow.
 */
export function graphOf(definition: unknown): Graph {
  const machine = definition as Machine;
  return {
    name: 'State machine of a transfer',
    directed: true,
    graphAttributes: style.sheet,
    nodeAttributes: style.everyNode,
    edgeAttributes: style.everyEdge,
    nodes: [{ name: 'start', attributes: style.dot }, ...nodesOf(machine)],
    edges: [
      { tail: 'start', head: machine.StartAt, attributes: style.mainWay },
      ...edgesOf(machine),
    ],
    subgraphs: [...waitsOf(machine), ...framesOf(machine)],
  };
}

/** Returns the name of the dot at which the iterations of a Map end. */
function endOf(map: string): string {
  return `${map} end`;
}

function processorOf(state: StateFields | undefined): Machine | undefined {
  return state?.Type === 'Map' ? (state.ItemProcessor as Machine) : undefined;
}

function nodesOf(machine: Machine): Node[] {
  return Object.entries(machine.States)
    .filter(([, state]) => state.Type !== 'Map')
    .map(([name, state]) => ({
      name,
      attributes: {
        ...style.stateStyles[String(state.Type)],
        label: name,
        ...(isOnSpine(machine, name) && spine),
      },
    }));
}

/** Nodes of one group are in one column. */
const spine: Attributes = { group: 'spine' };

/** Returns whether a state is on the spine: a Task, the Choice after it, or the successful end. */
function isOnSpine(machine: Machine, name: string): boolean {
  const type = machine.States[name]?.Type;
  const followsTask = Object.values(machine.States).some(
    (state) => state.Type === 'Task' && state.Next === name,
  );
  return type === 'Task' || type === 'Succeed' || (type === 'Choice' && followsTask);
}

/** Places each wait next to the state that follows it. */
function waitsOf(machine: Machine): Subgraph[] {
  return Object.entries(machine.States)
    .filter(([, state]) => state.Type === 'Wait')
    .map(([name, state]) => ({
      graphAttributes: { rank: 'same' },
      nodes: [{ name: String(state.Next) }, { name }],
    }));
}

function framesOf(machine: Machine): Subgraph[] {
  return Object.entries(machine.States).flatMap(([name, state]) => {
    const processor = processorOf(state);
    if (!processor) return [];
    return {
      name: `cluster_${name}`,
      graphAttributes: { ...style.frame, label: `\u00a0\u00a0${name}: each range of the plan` },
      nodes: [...nodesOf(processor), { name: endOf(name), attributes: { ...style.dot, ...spine } }],
      edges: edgesOf(processor, name),
      subgraphs: waitsOf(processor),
    };
  });
}

/** Returns the transitions of a machine or, with `map`, of the Map's item processor. */
function edgesOf(machine: Machine, map?: string): Edge[] {
  return Object.entries(machine.States).flatMap(([name, state]) => [
    ...onwards(machine, name, state),
    ...answers(machine, name, state),
    ...list(state.Catch).map(({ Next }) => edge(machine, name, Next, style.errorWay)),
    ...(map && state.End ? [{ tail: name, head: endOf(map), attributes: endWay(state) }] : []),
  ]);
}

/** Returns the arrow to `Next`. A wait is to the right of its next state, so its arrow is reversed. */
function onwards(machine: Machine, name: string, state: StateFields): Edge[] {
  if (state.Next === undefined) return [];
  if (state.Type === 'Wait') {
    return [{ tail: String(state.Next), head: name, attributes: { dir: 'back' } }];
  }
  const way = state.Type === 'Pass' ? style.errorWay : style.mainWay;
  return [edge(machine, name, state.Next, way)];
}

function endWay(state: StateFields): Attributes {
  return state.Type === 'Task' ? style.mainWay : {};
}

/** Returns the transitions of a Choice. The first one that leads forward is the main one. */
function answers(machine: Machine, name: string, state: StateFields): Edge[] {
  const targets = Map.groupBy(list(state.Choices), ({ Next }) => String(Next));
  const fields = testedFields(state);
  const isBack = (target: string) =>
    machine.States[target]?.Type === 'Wait' || target === machine.StartAt;
  const main = [...targets.keys()].find((target) => !isBack(target));
  const ways = [...targets].map(([target, choices]) => {
    const way = target === main ? style.mainWay : isBack(target) ? style.backWay : {};
    const label = choices
      .map(
        (choice) => choice.StringEquals ?? fields?.[list(state.Choices).indexOf(choice)] ?? 'yes',
      )
      .join(', ');
    return edge(machine, name, target, { ...way, label: `\u00a0${label}` });
  });
  return state.Default === undefined ? ways : [...ways, otherwise(machine, name, state)];
}

/** Returns the field of each test, if every test has a different field at the top of the state. */
function testedFields({ Choices }: StateFields): string[] | undefined {
  const tests = list(Choices);
  const variables = tests.map((test) => String((list(test.And)[0] ?? test).Variable));
  const fields = variables.flatMap((name) => /^\$\.(\w+)$/.exec(name)?.[1] ?? []);
  return tests.length > 1 && new Set(fields).size === tests.length ? fields : undefined;
}

/** Returns the default of a Choice: `no` after a test, otherwise the arrow for an unknown answer. */
function otherwise(machine: Machine, name: string, state: StateFields): Edge {
  const isTest = list(state.Choices).every(({ StringEquals }) => StringEquals === undefined);
  const label = `\u00a0${testedFields(state) ? 'else' : 'no'}`;
  return edge(machine, name, state.Default, isTest ? { label } : style.bugWay);
}

/** Returns an arrow. Graphviz draws an arrow of a Map to a state inside and cuts it at the frame. */
function edge(machine: Machine, tail: string, next: unknown, attributes: Attributes): Edge {
  const head = String(next);
  const from = processorOf(machine.States[tail]);
  const to = processorOf(machine.States[head]);
  return {
    tail: from ? endOf(tail) : tail,
    head: to ? to.StartAt : head,
    attributes: {
      ...attributes,
      ...(from && { ltail: `cluster_${tail}` }),
      ...(to && { lhead: `cluster_${head}` }),
    },
  };
}

function list(value: unknown): readonly StateFields[] {
  return (value ?? []) as readonly StateFields[];
}
