SELECT id, email, quota FROM user_metadata
