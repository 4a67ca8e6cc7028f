import { describe, expect, it } from 'vitest';
import { transferProps } from '#infra/context/transfers.ts';
import type { DestinationProps } from '#infra/destination/destination-props.ts';
import { TransferStack } from '#infra/stacks/transfer-stack.ts';
import { type CloudFormationTemplate, synthesize, synthesizeTemplate } from '#infra/synthesize.ts';
import { stepNames } from '#src/core/shared-with-infra/step-names.ts';
import { destinations } from '#src/destinations/registry.ts';
import {
  errorOf,
  functionOf,
  resources,
  resourcesFor,
  statementsOf,
  template as usual,
} from '../deployed.ts';

const genomes: DestinationProps = {
  kind: 'seven-bridges',
  environment: 'cavatica',
  project: 'ada/genomes',
  folders: 'key',
  partSizeBytes: 134_217_728,
};

/** Every kind, quoted. */
const kinds = destinations.map(({ kind }) => `"${kind}"`);

const genomesContext = {
  destination: 'seven-bridges',
  destinationEnvironment: 'cavatica',
  destinationProject: 'ada/genomes',
  destinationFolders: 'key',
  destinationPartSizeBytes: '134217728',
};

const other = synthesizeTemplate({ destination: genomes, sourceBuckets: ['genomes'] });

function variablesOf(step: (typeof stepNames)[number], template = other) {
  return functionOf(step, template).Environment.Variables;
}

describe('a stack with another destination', () => {
  it('names it and its settings to the functions that need them', () => {
    const own = {
      DESTINATION: 'seven-bridges',
      SEVEN_BRIDGES_ENVIRONMENT: 'cavatica',
      SEVEN_BRIDGES_PROJECT: 'ada/genomes',
      SEVEN_BRIDGES_FOLDERS: 'key',
      SEVEN_BRIDGES_PART_SIZE_BYTES: '134217728',
    };
    const using = stepNames.filter((step) => 'DESTINATION' in variablesOf(step));
    expect(using).toEqual([
      'InspectSource',
      'OpenSession',
      'SendChunks',
      'ConfirmUpload',
      'AwaitAsset',
    ]);
    for (const step of using) expect(variablesOf(step)).toMatchObject(own);
  });

  it('has a secret of its own, which only the functions that call the service read', () => {
    const [[id, { Description }] = ['', {}], ...more] = resources(
      'AWS::SecretsManager::Secret',
      other,
    );
    expect([id, more]).toEqual([expect.stringMatching(/^ChunkferrySevenBridgesApiKey/), []]);
    expect(Description).toBe(
      "The service's authentication token, as plain text. Store it here by hand.",
    );
    const reading = stepNames.filter(
      (step) => resourcesFor('secretsmanager:GetSecretValue', statementsOf(step, other)).length > 0,
    );
    expect(reading).toEqual(['OpenSession', 'SendChunks', 'ConfirmUpload', 'AwaitAsset']);
  });

  it('has the same permissions and states, besides the secret', () => {
    const actions = (template: typeof other) =>
      stepNames.map((step) =>
        statementsOf(step, template).flatMap(({ Action }) => [Action].flat()),
      );
    expect(actions(other)).toEqual(actions(usual));
  });

  it('names its kind in an output, which doctor reads', () => {
    const kind = (template: typeof other) => template.Outputs?.Destination?.Value;
    expect([kind(other), kind(usual)]).toEqual(['seven-bridges', 'twelvelabs']);
  });

  it('has the same props by the context', () => {
    expect(transferProps(genomesContext)).toEqual({ destination: genomes });
    const { stackName, destination } = transferProps({ ...genomesContext, stackName: 'Genomes' });
    expect([stackName, destination]).toEqual(['Genomes', genomes]);
  });

  it('takes its server from baseUrl, as every destination does', () => {
    const baseUrl = 'https://example.com/v2';
    const context = { destination: 'seven-bridges', destinationProject: 'a/b', baseUrl };
    const template = synthesizeTemplate(transferProps(context));
    expect(variablesOf('SendChunks', template)).toMatchObject({
      SEVEN_BRIDGES_BASE_URL: baseUrl,
      SEVEN_BRIDGES_PROJECT: 'a/b',
    });
  });
});

describe('a stack for SelfCommunity', () => {
  const community: DestinationProps = {
    kind: 'selfcommunity',
    baseUrl: 'https://community.example.com/api/v2',
    mode: 'library',
  };
  const { baseUrl } = community;
  const context = { destination: 'selfcommunity', baseUrl, destinationMode: 'library' };
  const media = synthesizeTemplate({ destination: community, sourceBuckets: ['films'] });

  it('has the same props by the context', () => {
    const { kind, mode } = community;
    expect(transferProps(context)).toEqual({ baseUrl, destination: { kind, mode } });
    expect(variablesOf('SendChunks', media)).toMatchObject({
      DESTINATION: 'selfcommunity',
      SELFCOMMUNITY_BASE_URL: baseUrl,
      SELFCOMMUNITY_MODE: 'library',
    });
  });

  it('lets ConfirmUpload read the sources, for the MD5 of the whole object', () => {
    const read = (step: (typeof stepNames)[number]) =>
      resourcesFor('s3:GetObject', statementsOf(step, media));
    expect(read('ConfirmUpload')).toEqual(read('SendChunks'));
    expect(variablesOf('ConfirmUpload', media).SOURCES).toEqual(
      variablesOf('SendChunks', media).SOURCES,
    );
  });

  it('has no other permission than a stack for TwelveLabs', () => {
    const actions = (step: (typeof stepNames)[number], template: typeof media) =>
      statementsOf(step, template).flatMap(({ Action }) => [Action].flat());
    const further = stepNames.map((step) => {
      const usualActions = actions(step, usual);
      return [step, actions(step, media).filter((action) => !usualActions.includes(action))];
    });
    expect(Object.fromEntries(further.filter(([, more]) => (more?.length ?? 0) > 0))).toEqual({
      OpenSession: ['secretsmanager:PutSecretValue'],
      SendChunks: ['secretsmanager:PutSecretValue'],
      ConfirmUpload: [
        'secretsmanager:PutSecretValue',
        's3:GetObject',
        's3:GetObjectVersion',
        's3:ListBucket',
      ],
      AwaitAsset: ['secretsmanager:PutSecretValue'],
    });
    const replaced = (template: typeof media) =>
      resourcesFor('secretsmanager:PutSecretValue', statementsOf('SendChunks', template));
    expect(replaced(media)).toEqual(
      resourcesFor('secretsmanager:GetSecretValue', statementsOf('SendChunks', media)),
    );
    expect(replaced(usual)).toEqual([]);
  });

  it('keeps the permission while SelfCommunity is an earlier destination', () => {
    const changed = synthesizeTemplate({
      sourceBuckets: ['films'],
      earlierDestinations: ['selfcommunity'],
    });
    const read = resourcesFor('s3:GetObject', statementsOf('ConfirmUpload', changed));
    expect(read).toHaveLength(1);
    const statements = statementsOf('SendChunks', changed);
    expect(resourcesFor('secretsmanager:PutSecretValue', statements)).toEqual([
      expect.stringContaining('SelfcommunityApiKey'),
    ]);
    expect(variablesOf('ConfirmUpload', changed)).not.toHaveProperty('SOURCES');
  });
});

describe('a stack whose destination has changed', () => {
  it('publishes new versions of its functions: transfers under way call the earlier ones', () => {
    const versionsOf = (template: typeof other) =>
      resources('AWS::Lambda::Version', template).map(([id]) => id);
    const calling = /InspectSource|OpenSession|SendChunks|ConfirmUpload|AwaitAsset/;
    const kept = versionsOf(usual).filter((id) => versionsOf(other).includes(id));
    expect(kept.filter((id) => calling.test(id))).toEqual([]);
  });

  const changed = synthesizeTemplate({
    destination: genomes,
    earlierDestinations: ['twelvelabs', 'seven-bridges'],
  });

  it('keeps the secret of the earlier one under its logical id, for transfers under way', () => {
    const idsOf = (template: typeof changed) =>
      resources('AWS::SecretsManager::Secret', template).map(([id]) => id);
    expect(idsOf(changed)).toHaveLength(2);
    expect(idsOf(changed)).toContain(idsOf(usual)[0]);
    const read = resourcesFor('secretsmanager:GetSecretValue', statementsOf('SendChunks', changed));
    expect(read).toHaveLength(2);
    expect(variablesOf('SendChunks', changed).API_KEY_SECRET_ARN).toEqual(
      variablesOf('SendChunks', other).API_KEY_SECRET_ARN,
    );
  });
});

describe('two stacks of one account with different destinations', () => {
  it('give no resource the same name', () => {
    const props = { sourceBuckets: ['genomes'], destination: genomes };
    const films = namesIn(usual);
    const files = namesIn(synthesize((app) => new TransferStack(app, 'Genomes', props)));
    expect(films.length).toBeGreaterThan(0);
    expect(films.filter((name) => files.includes(name))).toEqual([]);
  });
});

/** The properties that name a resource, and so must be unique in an account or a Region. */
const naming =
  /^(LogGroup|Function|Role|Queue|Topic|Table|Alarm|Dashboard|StateMachine|Rule|Secret)?Name$/;

/** Returns the names that a template chooses itself. CloudFormation makes all others unique. */
function namesIn({ Resources }: CloudFormationTemplate): string[] {
  return Object.values(Resources)
    .flatMap(({ Properties = {} }) => Object.entries(Properties))
    .flatMap(([key, value]) => (naming.test(key) && typeof value === 'string' ? [value] : []));
}

describe('an invalid destination', () => {
  it.each<[unknown, string]>([
    [
      { kind: 'youtube' },
      'Invalid destination.kind "youtube": must be one of "twelvelabs", "seven-bridges"',
    ],
    [{}, 'Invalid destination.kind undefined: must be one of "twelvelabs", "seven-bridges"'],
    ['seven-bridges', 'Invalid destination "seven-bridges": must be of the type DestinationProps'],
    [
      { ...genomes, projects: 'a/b' },
      'Invalid destination key "projects": unknown key. Did you mean "project"?',
    ],
    [
      { kind: 'twelvelabs', project: 'a/b' },
      'Invalid destination key "project": must be used with the kind "seven-bridges". This is "twelvelabs"',
    ],
    [
      { ...genomes, project: 'genomes' },
      'Invalid destination.project "genomes": must be owner/name, such as "ada/genomes"',
    ],
    [
      { kind: 'seven-bridges', project: 'a/b' },
      'Invalid destination.environment: set either this or the base URL',
    ],
    [
      { kind: 'twelvelabs', baseUrl: 'http://example.com/v1' },
      'Invalid destination.baseUrl "http://example.com/v1": must be an https URL',
    ],
  ])('%j ends the synthesis', (destination, line) => {
    const synthesis = () => synthesizeTemplate({ destination: destination as DestinationProps });
    expect(errorOf(synthesis)).toContain(`ConfigurationError: ${line}`);
  });

  it('is not set twice', () => {
    const baseUrl = 'https://example.com/v1';
    const props = { baseUrl, destination: { kind: 'twelvelabs', baseUrl } } as const;
    expect(errorOf(() => synthesizeTemplate(props))).toContain(
      'Invalid baseUrl "https://example.com/v1": must not be set together with destination.baseUrl.',
    );
  });

  it.each<[Record<string, unknown>, string]>([
    [
      { destination: 'seven-bridge' },
      `Invalid destination "seven-bridge": must be one of ${kinds.join(', ')}.`,
    ],
    [
      { destinationProject: 'a/b' },
      'Invalid context key "destinationProject": must be used with destination=seven-bridges. This is destination=twelvelabs.',
    ],
    [
      { ...genomesContext, destinationProject: 'genomes' },
      'Invalid destinationProject "genomes": must be owner/name',
    ],
    [
      { ...genomesContext, destinationPartSizeBytes: 'big' },
      'Invalid destinationPartSizeBytes "big": must be a whole number.',
    ],
    [
      { destinationProjects: 'a/b' },
      'Invalid context key "destinationProjects": unknown key. Did you mean "destinationProject"?',
    ],
    [{ stackName: 'my stack' }, 'Invalid stackName "my stack": must begin with a letter'],
    [
      { earlierDestinations: 'youtube' },
      `Invalid earlierDestinations[0] "youtube": must be ${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}.`,
    ],
  ])('in the context %j ends the synthesis', (context, line) => {
    expect(errorOf(() => transferProps(context))).toContain(`ConfigurationError: ${line}`);
  });
});
