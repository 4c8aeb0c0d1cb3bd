// Package awsaround is what stands around the practice ECS: ECR over the practice registry, Secrets Manager, the Parameter
// Store of SSM, IAM's roles and the caller's identity of STS, each as far as somebody asks it who releases software. It
// answers through internal/sandbox/awsapi, and tells the practice ECS whether an image can be pulled and a secret be had,
// in the words in which ECS says that of a task.
//
// What it is strict about: names and ARNs, also partial ones; staging labels; the keys of secrets that are JSON; the
// account; errors as AWS has them.
//
// What it does not model: policies (whoever signs may read), writing over the wire, encryption keys, rotation, replicas,
// and lists beyond what is named above. A value is at no place but in an answer that asks for it.
//
// Start reading at Server.
package awsaround
