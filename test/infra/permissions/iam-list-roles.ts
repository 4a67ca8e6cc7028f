import { stepNames } from '#src/core/shared-with-infra/step-names.ts';

/** Every resource that uses a role, and the role. */
export const rolesInUse: readonly string[] = [
  ...stepNames.map((step) => `Chunkferry/${step}: Chunkferry/${step}/ServiceRole.Arn`),
  'Chunkferry/Reconciler/Reconcile: Chunkferry/Reconciler/Reconcile/ServiceRole.Arn',
  'Chunkferry/Dispatcher/Dispatch: Chunkferry/Dispatcher/Dispatch/ServiceRole.Arn',
  'Chunkferry/Monitoring/FailureNotices/Send: Chunkferry/Monitoring/FailureNotices/Send/ServiceRole.Arn',
  'Chunkferry/Transfers/StateMachine: Chunkferry/Transfers/StateMachine/Role.Arn',
  'Chunkferry/Preflight/StateMachine: Chunkferry/Preflight/StateMachine/Role.Arn',
  ...['Intake/Rule', 'Rule-films', 'Rule-matches', 'Rule-far-away'].map(
    (rule) => `Chunkferry/ObjectCreated/${rule}: Chunkferry/Transfers/StateMachine/EventsRole.Arn`,
  ),
  'BucketNotificationsHandler050a0587b7544547bf325f094a3db834: BucketNotificationsHandler050a0587b7544547bf325f094a3db834/Role.Arn',
  'SourceAccount/Forwarding/Rule: SourceAccount/Forwarding/Role.Arn',
];

/** Resource types whose permissions the reader supports, or that have none. */
export const readTypes: readonly string[] = [
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::DynamoDB::Table',
  'AWS::EC2::SecurityGroup',
  'AWS::Events::EventBus',
  'AWS::Events::EventBusPolicy',
  'AWS::Events::Rule',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Version',
  'AWS::Logs::LogGroup',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::SecretsManager::Secret',
  'AWS::StepFunctions::StateMachine',
  'Custom::S3BucketNotifications',
];
