// TestKit/UsherTestKit
