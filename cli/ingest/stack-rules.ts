import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { LocalDefinition } from '#local/commands/destination-options.ts';
import { readOfflineDestination } from '#local/ingest/read-offline-destination.ts';
import { readSettings } from '#src/config/environment.ts';
import type { StepName } from '#src/core/shared-with-infra/step-names.ts';
import { configuredMediaType, matchingSource } from '#src/core/source/source-filter.ts';
import type { Source } from '#src/core/source/sources.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { CommandError } from '../command-error.ts';
import type { DeployedStack } from '../stack/deployed-stack.ts';
import { callAsOperator } from '../stack/operator-call.ts';
import { type ObjectRules, serviceRules } from './object-rules.ts';

/** The step that reads the sources and knows what the destination takes. */
const inspectingStep: StepName = 'InspectSource';

/** What the configuration of a deployed stack says about objects. */
export interface StackRules {
  /** The destination of the stack. Its calls fail: only its rules and its identity are used. */
  readonly destination: Destination;
  /** @throws CommandError - the bucket is no source of the stack */
  readonly rulesFor: (bucket: string) => ObjectRules;
}

/** Reads the rules of a deployed stack from its configuration. */
export async function readStackRules(
  stack: DeployedStack,
  definition: LocalDefinition,
): Promise<StackRules> {
  const environment = await readEnvironment(stack);
  const destination = readOfflineDestination(definition, environment);
  const { list } = readSettings(environment).sources;
  const rulesFor = (bucket: string) => {
    const sources = list.filter((source) => source.bucket === bucket);
    if (sources.length === 0) throw notConfiguredError(bucket, stack);
    return stackRules(sources, destination, definition);
  };
  return { destination, rulesFor };
}

function stackRules(
  sources: readonly Source[],
  destination: Destination,
  definition: LocalDefinition,
): ObjectRules {
  const byService = serviceRules(destination, definition);
  return {
    ...byService,
    requestPayer: sources.some(({ requestPayer }) => requestPayer),
    rejects: (object) => {
      const source = matchingSource(sources, object);
      if (!source) return 'filters';
      return byService.rejects(object, configuredMediaType(source, object.key));
    },
  };
}

/** Reads the variables of the function that inspects objects. */
async function readEnvironment({
  clients,
  output,
}: DeployedStack): Promise<Record<string, string>> {
  const stateMachineArn = output('StateMachineArn');
  const machine = await callAsOperator('states:DescribeStateMachine', () =>
    new SFNClient(clients).send(new DescribeStateMachineCommand({ stateMachineArn })),
  );
  const FunctionName: string = JSON.parse(machine.definition ?? '').States[inspectingStep].Resource;
  const { Environment } = await callAsOperator('lambda:GetFunctionConfiguration', () =>
    new LambdaClient(clients).send(new GetFunctionConfigurationCommand({ FunctionName })),
  );
  if (Environment?.Variables) return Environment.Variables;
  throw new CommandError(
    'denied',
    `The variables of ${FunctionName} were not readable: ${Environment?.Error?.Message ?? 'it has none'}. Grant kms:Decrypt for its key, or name each object.`,
  );
}

function notConfiguredError(bucket: string, { name }: DeployedStack): CommandError {
  return new CommandError(
    'usage',
    `Invalid bucket ${JSON.stringify(bucket)}: it is no source of the stack ${name}. Add it to the sources and deploy the stack, or name another with --stack.`,
  );
}
