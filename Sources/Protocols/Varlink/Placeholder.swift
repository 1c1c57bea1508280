// Protocols/Varlink
