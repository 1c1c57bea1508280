// Core/UsherCore
