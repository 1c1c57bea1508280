// UsherConfiguration
