// usherd
