package store

// What tests reach besides the exported names.
var (
	EncodeRelease = encodeRelease
	DecodeRelease = decodeRelease
	ParseAddress  = parseAddress
	CRC16         = crc16
)
