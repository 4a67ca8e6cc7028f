/** Returns the page that says how to deploy an exported stack. */
export function renderCommandsPage(stack: string): string {
  return `# ${stack} without the CDK

\`template.json\` is the stack. \`functions\` holds the code of its functions. Run the commands in this
folder. Put a bucket of your account, in the Region of the stack, in place of \`my-artifacts\`.

## AWS CLI

\`\`\`
aws cloudformation package --template-file template.json --s3-bucket my-artifacts --output-template-file packaged.json --use-json
aws cloudformation deploy --template-file packaged.json --stack-name ${stack} --s3-bucket my-artifacts --capabilities CAPABILITY_IAM
\`\`\`

## Terraform

\`main.tf\` deploys \`packaged.json\`, which the first command above writes.

\`\`\`
aws cloudformation package --template-file template.json --s3-bucket my-artifacts --output-template-file packaged.json --use-json
terraform init
terraform apply -var artifacts_bucket=my-artifacts
\`\`\`

## Then

1. Store the API key in the secret that the output \`SecretArn\` names.
2. Switch the bucket's events to EventBridge on.
3. Start an execution of the state machine of the output \`StateMachineArn\` with the input
   \`{"preflight": true}\`. It checks the stack and moves nothing.

To change an option or to upgrade, export again into the same folder and run the same commands.
`;
}

/** Returns the Terraform configuration of an exported stack. A template of this size must be in a bucket. */
export function renderTerraformModule(stack: string): string {
  return `variable "artifacts_bucket" {
  description = "A bucket of this account, in the Region of the stack"
  type        = string
}

resource "aws_s3_object" "template" {
  bucket = var.artifacts_bucket
  key    = "chunkferry/\${filesha256("\${path.module}/packaged.json")}.json"
  source = "\${path.module}/packaged.json"
}

resource "aws_cloudformation_stack" "chunkferry" {
  name         = "${stack}"
  template_url = "https://\${aws_s3_object.template.bucket}.s3.amazonaws.com/\${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_IAM"]
}

output "outputs" {
  value = aws_cloudformation_stack.chunkferry.outputs
}
`;
}
