// UsherCore
