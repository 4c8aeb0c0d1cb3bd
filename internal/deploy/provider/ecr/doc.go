// Package ecr is what Amazon ECR knows that a registry does not say: the scanner port on its scan findings, basic and
// enhanced (scan.go), and the credentials of its registries (login.go), for package registry.
//
// It never starts a scan, never asks anybody about an image or a registry that is not ECR's, keeps a token in memory only
// and never writes one anywhere. Credentials and endpoints are those that all of AWS's tools use (AWS_PROFILE, a role,
// AWS_ENDPOINT_URL_ECR and so on), except the region, which is the registry's. It needs ecr:DescribeImageScanFindings and
// ecr:GetAuthorizationToken.
//
// Start reading at ECR.Scan.
package ecr
