"""Amazon Bedrock's Converse, which its models of all makers share."""
