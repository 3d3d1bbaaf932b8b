"""What every provider must do, tried at each: this disk, SeaweedFS, rclone's S3 server and Azurite."""
